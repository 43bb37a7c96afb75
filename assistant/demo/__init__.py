"""Files of the demo project: messages to a made-up shop, a schema, labels, gold and errors planted on purpose."""
