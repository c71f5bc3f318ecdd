"""Mail: wording per language, MIME, and the way out over SMTP or into a folder."""
