"""Does any sequence of what happens to stock leave every unit accounted for? (`python -m torture.stock`)

stage    a small shop: two dozen pieces at three places, some sold ahead, a supplier for each
deeds    one thing that somebody does, picked and done by luck
trade    what buyers do, and what the shop does for them: buying, paying, packing, sending, returns
house    what happens in the warehouse: deliveries, transfers, counts, damage
bank     the payment provider, which remembers nothing
hands    processes that do one deed after the other, and are sometimes killed in the middle of one
books    what has to hold afterwards
"""
