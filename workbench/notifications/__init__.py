"""Telling people of what ends, fails or waits: in the app, by e-mail, webhook and Slack form."""
