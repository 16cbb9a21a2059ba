"""The examples of docs/developing.md, which the page quotes and a test runs."""
