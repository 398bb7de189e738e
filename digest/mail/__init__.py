"""Sending an edition as a mail: the message, SMTP, and the APIs of two services."""
