"""The proof by force: a real server with the sandbox beside it, killed and lied to while people buy (`make torture`).

armed        crash points that this program arms in other processes
site         the processes: database, shop, provider
jobs         the shop's jobs in a process of their own, which may be killed as well
shopper      somebody with a browser
plots        what they do
courier      the provider's webhooks, lost, doubled, shuffled and at once
invariants   what has to hold afterwards, from the shop's books and from the provider's
drive        one seed after the other, and the report
races        many buyers at the same moment
stock        any sequence of what happens to stock, by processes that are killed
mutants      broken variants of the shop, each of which some test has to catch
"""
