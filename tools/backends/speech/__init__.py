"""Back-ends that write down what is said in recordings."""
