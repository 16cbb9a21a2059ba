"""What a worker tells of itself while it works."""

from roundup.errors import StoreError
from roundup.working import Telling


def test_what_could_not_be_told_is_told_later_and_disturbs_nobody() -> None:
    told: list[int] = []
    gone = [True]

    def tell(count: int) -> None:
        if gone[0]:
            raise StoreError("gone")
        told.append(count)

    watch = Telling(tell, told_at=0.0)
    watch.step()
    watch.step()
    gone[0] = False
    watch.end()
    watch.end()

    assert ([2], 2) == (told, watch.total)


def test_it_is_told_now_and_then_and_not_at_each_message() -> None:
    told: list[int] = []
    watch = Telling(told.append)
    for _ in range(100):
        watch.step()
    assert told == []
    watch.told_at -= 60
    watch.step()

    assert [101] == told
