"""Mails that come in: what each of them is. Nothing here answers, forwards or keeps a mail."""
