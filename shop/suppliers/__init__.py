"""Who we buy from, and how goods come in.

models           suppliers, and our variants as they sell them
purchase_models  purchase orders, answers, receipts, papers
moves            the states of a purchase order and who moved them
ordering         drafting by hand, approving, sending, cancelling, closing
links            the signed address by which a supplier answers
answering        what a supplier says: confirmed, proposed, sent out
receiving        goods that came, fit or damaged
costing          landed cost of a unit, margin of a variant
"""
