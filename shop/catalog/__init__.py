"""What the shop sells, and how it is listed, filtered, searched and shown.

models             the catalogue itself
listings           one row a product with all that lists need; handlers and jobs keep it up to date
snapshot, facets   the catalogue in memory: names, navigation, and the index that filters and counts
filters, results   what an address asks for, and the page that it gets
cards              one product in a list
search, suggest    words
choice             one product's page: the colour and size chosen
images, renditions making the sizes of a picture; choosing among them
size_charts        measurements as tables
"""
