"""People in: owns the staff console, customer pages, sign-in and sessions. Hands on people's decisions as calls."""
