"""One turn of the conversation, from the words to what was carried out."""
