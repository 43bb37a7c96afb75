"""The assistant: state, execution, conversation and page around the tools."""
