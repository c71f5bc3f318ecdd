"""The doors by which mail comes in: LMTP from a mail server, or a mailbox that is looked into. They never answer."""
