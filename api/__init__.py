"""People in: owns the staff console, the customer's pages, sign-in and sessions. Hands on people's decisions as calls."""
