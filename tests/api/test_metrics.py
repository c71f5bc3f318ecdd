"""/metrics: gauges for whoever holds a key."""

from tests.running import Api


async def test_the_gauges_say_how_the_ledger_stands(api: Api) -> None:
    event = await api.event()
    await api.register(event)
    answer = await api.viewer.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "enspired_oldest_overdue_seconds" in answer.text
    assert 'enspired_messages{state="failed"} 0.0' in answer.text
    for name in ("due", "sent_total", "retried_total", "failed_total", "dropped_total", "lateness_seconds_count"):
        assert f"\nenspired_mail_{name} " in answer.text
    assert "\nenspired_mail_relay_up 1.0" in answer.text


async def test_nobody_reads_them_without_a_key(api: Api) -> None:
    assert (await api.nobody.get("/metrics")).status_code == 401
