"""The page: pure rendering, the routes of the review card, the chat's wiring, and the app around them."""
