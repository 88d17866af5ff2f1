"""The budget of the time for measuring."""

from kerasrecipes.diagnosis.budget import Clock, next_epoch


def test_clock_refuses_what_would_exceed_the_share():
    clock = Clock(0.05)
    clock.start(elapsed=100.0)
    assert clock.allows(compilation=3.9)  # a fifth of the five seconds is for small measurements
    assert not clock.allows(compilation=4.1)
    clock.measurements, clock.compiling, clock.measuring, clock._last = 5, 2.0, 1.9, 0.05
    assert clock.allows(0.0)
    clock.measuring = 1.99
    assert not clock.allows(0.0)
    clock.little = 0.9
    assert clock.allows_little()
    clock.little = 1.1
    assert not clock.allows_little()
    assert Clock(None).allows(1e9)


def test_clock_keeps_time_for_the_end():
    clock = Clock(0.05)
    clock.start(elapsed=10.0)
    clock.expected = 100.0
    clock.measurements, clock.measuring, clock._last, clock.progress = 5, 2.5, 0.1, 0.1
    assert not clock.allows()  # more than half of the 4 seconds that the whole training is worth
    clock.progress = 0.9
    assert clock.allows()


def test_two_moments_are_measured_whatever_they_cost():
    clock = Clock(0.05)
    clock.start()
    clock.measurements, clock.measuring, clock._last = 1, 9.0, 9.0
    for count, progress, allowed in ((1, 0.7, False), (1, 0.8, True), (2, 1.0, False)):
        clock.measurements, clock.progress = count, progress
        assert clock.allows() is allowed


def test_clock_counts_on_what_training_will_take():
    clock = Clock(0.05)
    clock.start()
    assert not clock.allows(compilation=5.0)
    clock.expected = 1000.0
    assert clock.allows(compilation=5.0)


def test_epochs_to_look_at_become_rarer():
    due, epoch = [], 1
    while epoch <= 100:
        due.append(epoch)
        epoch = next_epoch(epoch)
    assert due[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert len(due) < 30
