"""Reports of mails that could not be delivered, as mail servers write them."""


def bounced(to: str, *, status: str = "5.1.1", action: str = "failed", said: str = "550 5.1.1 No such user") -> bytes:
    """A delivery report as Postfix writes it (RFC 3464), with the headers of the mail that came back."""
    return b"\r\n".join(
        line.encode()
        for line in (
            "Return-Path: <>",
            "From: MAILER-DAEMON@relay.example.org (Mail Delivery System)",
            f"To: {to}",
            "Subject: Undelivered Mail Returned to Sender",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="A1B2/relay.example.org"',
            "",
            "--A1B2/relay.example.org",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "I'm sorry to have to inform you that your message could not be delivered.",
            "--A1B2/relay.example.org",
            "Content-Description: Delivery report",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; relay.example.org",
            "X-Postfix-Queue-ID: A1B2",
            "Arrival-Date: Mon, 23 Nov 2026 12:58:01 +0100 (CET)",
            "",
            "Final-Recipient: rfc822; ana@example.org",
            "Original-Recipient: rfc822;ana@example.org",
            f"Action: {action}",
            f"Status: {status}",
            "Remote-MTA: dns; mx.example.org",
            f"Diagnostic-Code: smtp; {said}",
            "    <ana@example.org>: Recipient address rejected",
            "",
            "--A1B2/relay.example.org",
            "Content-Description: Undelivered Message Headers",
            "Content-Type: text/rfc822-headers",
            "",
            "From: agenda@example.org",
            "Subject: You are registered",
            "--A1B2/relay.example.org--",
            "",
        )
    )
