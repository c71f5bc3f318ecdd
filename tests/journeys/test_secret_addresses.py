"""A secret address in a real process: in no log, whatever is asked with it and however it fails."""

from tests.service import Service


def test_a_secret_reaches_no_log_of_the_process_and_no_file(service: Service) -> None:
    service.start()
    key = service.new_key()
    status, made = service.ask("POST", "/api/v1/subscriptions", {"name": "Office"}, key)
    assert status == 201
    secret = made["address"].split("/")[-2]
    path = made["address"].removeprefix(service.url)
    for asked in (path, f"{path}?lang=nl", path.replace(".ics", ".pdf"), f"{path}x", path.replace("agenda", "%ff")):
        service.status(asked)
    assert service.ask("POST", path, {})[0] == 405
    assert service.ask("DELETE", f"/api/v1/subscriptions/{made['id']}", key=key)[0] in {200, 204}
    assert service.status(path) == 410
    service.terminate()
    random = secret.rpartition("_")[2]
    files = [one for one in service.data.rglob("*") if one.is_file()]
    assert service.log in files
    assert [one.name for one in files if random.encode() in one.read_bytes()] == []
