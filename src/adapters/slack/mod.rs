//! Slack as the chat port: the Web API client and the rendering of messages.
