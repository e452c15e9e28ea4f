"""The CDK app. It has an environment of its own (requirements.txt), in which nothing of the shop is there."""
