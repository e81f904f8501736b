@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "in every row"), (0.999_97, "in 99.99% of the rows"), (0.5, "in 50.00% of the rows")]
)
def test_rounding_never_makes_it_all_rows(share, said):
    assert in_rows(share) == said
