"""Replays history under two policies, the one in force and a draft, and says what each would have done."""
