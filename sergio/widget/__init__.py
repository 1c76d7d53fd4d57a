"""The button for a company's own website, and the other ways into its portal."""
