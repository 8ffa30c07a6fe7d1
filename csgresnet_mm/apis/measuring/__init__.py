"""Networks and steps to measure, their time and their memory."""
