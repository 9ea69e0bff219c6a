"""Variables in files, in a process that starts with them."""

from pathlib import Path

from tests.config.test_access_settings import SECRET, run, start

SHOW = "import config.settings as s; print(s.SECRET_KEY, s.DATABASES['default']['PASSWORD'])"
URL = "postgresql://kindred@db.example/kindred"


def written(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)


class TestAVariable:
    def test_may_be_in_a_file(self, tmp_path: Path) -> None:
        variables = {
            "SECRET_KEY": "",
            "SECRET_KEY_FILE": written(tmp_path / "key", f"{SECRET} of a file\n"),
            "DATABASE_URL": URL,
            "DATABASE_PASSWORD_FILE": written(tmp_path / "password", "p: w/#?d\r\n"),
        }

        done = run(["-c", SHOW], **variables)

        assert (done.stdout, done.stderr) == (f"{SECRET} of a file p: w/#?d\n", "")

    def test_is_what_the_file_says_where_both_are_set(self, tmp_path: Path) -> None:
        file = written(tmp_path / "password", "theirs")
        variables = {"DATABASE_URL": URL, "DATABASE_PASSWORD": "mine"}

        done = run(["-c", SHOW], **variables, DATABASE_PASSWORD_FILE=file)

        assert done.stdout.split()[-1] == "theirs"

    def test_counts_by_itself_where_no_file_is_named(self) -> None:
        variables = {"DATABASE_URL": URL, "DATABASE_PASSWORD": "mine"}

        done = run(["-c", SHOW], **variables, DATABASE_PASSWORD_FILE="")

        assert done.stdout.split()[-1] == "mine"

    def test_in_the_address_stays_where_no_other_is_given(self) -> None:
        done = run(["-c", SHOW], DATABASE_URL="postgresql://kindred:here@db.example/kindred")

        assert done.stdout.split()[-1] == "here"

    def test_of_access_may_be_in_a_file_too(self, tmp_path: Path) -> None:
        file = written(tmp_path / "hops", "-1\n")

        assert "TRUSTED_PROXY_HOPS" in start(TRUSTED_PROXY_HOPS_FILE=file)

    def test_whose_file_is_missing_stops_the_start(self) -> None:
        said = start(SECRET_KEY_FILE="/nowhere/key")  # noqa: S106  # a path

        assert said.endswith("SECRET_KEY_FILE: /nowhere/key: No such file or directory.")


class TestTheKey:
    def test_of_a_file_is_held_to_the_same(self, tmp_path: Path) -> None:
        file = written(tmp_path / "key", "short\n")

        assert "SECRET_KEY is an example, or too simple" in start(SECRET_KEY_FILE=file)
