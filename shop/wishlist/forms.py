"""What comes in through the wish list's forms, as numbers and short words."""

import re

from django import forms

MOST_ID = 2**63 - 1
PIECE = re.compile(r"([1-9][0-9]{0,17}):([a-z0-9-]{1,60})")


class PieceForm(forms.Form):
    """A piece in one colour: `piece` as cards have it, "12:sky", or a product and a colour, with a size or without."""

    piece = forms.CharField(max_length=80, required=False)
    product = forms.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    colour = forms.CharField(max_length=60, required=False)
    size = forms.CharField(max_length=20, required=False)

    def clean(self) -> None:
        if typed := self.cleaned_data.get("piece"):
            found = PIECE.fullmatch(typed)
            if found is None:
                raise forms.ValidationError("not a piece.")
            self.cleaned_data |= {"product": int(found[1]), "colour": found[2]}
        elif not self.errors and not (self.cleaned_data["product"] and self.cleaned_data["colour"]):
            raise forms.ValidationError("Name a product and a colour.")


class ItemForm(forms.Form):
    """One line of the list."""

    item = forms.IntegerField(min_value=1, max_value=MOST_ID)
