"""Programs that use tensorlab: the demo, a comparison of minimisers, and a course in chapters."""
