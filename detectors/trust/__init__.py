"""Trust: what verdicts say about findings, and from it which of them may reach a customer without a person."""
