"""Files of a company, such as PDFs: encrypted rows of the database, so that every machine and every backup has them."""
