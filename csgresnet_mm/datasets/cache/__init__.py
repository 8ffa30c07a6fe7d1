"""What was read is kept between runs, and trusted while nothing changed."""
