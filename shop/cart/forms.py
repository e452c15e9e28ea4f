"""What comes in through the bag's forms, as numbers within bounds."""

from django import forms

from shop.cart.stores import MAX_QUANTITY

MOST_ID = 2**63 - 1
WHOLE_NUMBER = f"Enter a whole number from 0 to {MAX_QUANTITY}."


class AddForm(forms.Form):
    """A piece to add: a variant, or a product with colour and size."""

    product = forms.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    colour = forms.CharField(max_length=60, required=False)
    size = forms.CharField(max_length=20, required=False)
    variant = forms.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)


class LineForm(forms.Form):
    """A change of one line: its variant, the size (a variant too) and quantity wanted."""

    variant = forms.IntegerField(min_value=1, max_value=MOST_ID)
    size = forms.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    quantity = forms.IntegerField(
        min_value=0,
        max_value=MAX_QUANTITY,
        error_messages={
            "required": WHOLE_NUMBER,
            "invalid": WHOLE_NUMBER,
            "min_value": WHOLE_NUMBER,
            "max_value": f"At most {MAX_QUANTITY} of one piece. Write to us if you need more.",
        },
    )
