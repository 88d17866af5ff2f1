"""Tasks: for each kind of recipe what is the same whatever its model, by one import.

A page takes its sources, its `Task` and its builder, and adds nothing but what is its own:

    from kerasrecipes.tasks import translation

    recipe = Recipe(task=translation.TASK, data=translation.sources(), build=…, …)

What answers, scores and draws is named, and imported when it is used.
"""
