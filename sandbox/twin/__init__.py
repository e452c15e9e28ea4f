"""The shop on a pretended AWS, whole on one machine: `make twin`.

making     makes what the stacks of infra/ make, as far as the shop talks to it
consumer   reads the queues and calls the function as AWS Lambda would; and its schedules
alarms     what CloudWatch would say of the queues
edge       CloudFront, which keeps pages by their tags
files      uploaded files, in the pretended S3 and on this machine
names      the settings that a deploy would put into the environment
peek       a look into the pretended AWS that AWS itself does not offer
looking    all that the page shows
pages      the page and its buttons
"""
