"""Who is being waited for, second by second, and every deadline that follows from it."""
