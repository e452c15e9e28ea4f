"""The catalogue over GraphQL, answered by what the pages are made of.

resolvers     a function for each field of Query: whole answers as plain data, for /graphql/ and AppSync alike
arguments     what came in, read strictly
shapes        rows as the schema has them
execution     a request to /graphql/: limits, checks, answers; the only importer of the GraphQL library
limits        how deep and how large a query may be
appsync       the same from AppSync's events, which need no GraphQL library
"""
