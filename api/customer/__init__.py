"""The customer's pages: reached by signed links, in the customer's language, without an account."""
