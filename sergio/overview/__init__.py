"""Pages over several features: the portal's home and service history, the office's dashboard and customers."""
