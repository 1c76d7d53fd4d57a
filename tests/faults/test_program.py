"""The program as processes: it starts, serves signed-in people, and stops on SIGTERM."""


def test_a_server_serves_signed_in_people_and_stops_on_sigterm(serve, client_of, ana):
    web = serve()
    assert "Good" in client_of(web, ana).get("/portal/").text
    assert web.stop() < 10
    assert web.process.returncode == 0, web.log
