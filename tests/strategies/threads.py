"""Several workers as threads of one process."""

from concurrent.futures import ThreadPoolExecutor

from kerasrecipes.errors import UserError


def at_once(one, each):
    """Let threads do one thing at once, each with its own; give what they returned, or the line
    they ended with.
    """

    def heard(own):
        try:
            return one(own)
        except UserError as error:
            return str(error)

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(heard, each))
