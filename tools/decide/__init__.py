"""Changes to what people decided: each is worked out here and carried out only after a person confirmed it."""
