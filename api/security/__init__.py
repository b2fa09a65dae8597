"""Who may do what on a page: accounts, sessions, forged-request tokens, guessing limits and response headers."""
