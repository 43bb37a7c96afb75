"""Image files and the regions that files hold, in and out."""
