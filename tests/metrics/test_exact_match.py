from kerasrecipes.metrics.exact_match import caption_words, exact_matches, without_spaces


def test_words_are_compared_without_capitals_and_marks():
    assert caption_words("A dog, it's brown .") == ["a", "dog", "it's", "brown"]


def test_a_text_matches_any_of_its_references():
    references = [("a cat", "the cat"), ("a dog",), ("A dog .",)]
    texts = ["the cat", "dog", "a dog"]
    assert exact_matches(texts, references).tolist() == [True, False, False]
    assert exact_matches(texts, references, caption_words).tolist() == [True, False, True]


def test_spaces_do_not_count():
    assert without_spaces("I  see .") == "Isee." and without_spaces("I see", True) == "isee"
