"""Pictures: features, detectors, and more of what somebody boxed."""
