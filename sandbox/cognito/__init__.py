"""A Cognito user pool on this machine: moto's, made as strict as Cognito is where the shop depends on it.

`stricter` says what is added to moto; `server` starts it and makes a pool like the one of infra/cognito.
"""
