"""The shop as an AWS Lambda function.

entry      what Lambda calls: sends each event where it belongs
gateway    HTTP from the API gateway, as a WSGI request
queues     messages of the shop's own queues
schedules  jobs by the clock
sleep      leaves out jobs that would wake the database for nothing
due        when each of those jobs has something to do next
commands   `make manage`
origin     lets in only what came through the edge
"""
