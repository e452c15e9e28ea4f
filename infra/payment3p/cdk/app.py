"""Synthesize the templates of all stages: python -m infra.payment3p.cdk.app [FOLDER], in the app's own environment."""

import sys
from pathlib import Path

from aws_cdk import App, BootstraplessSynthesizer, Validations
from cdk_nag import AwsSolutionsChecks

from infra.payment3p.cdk.stack import Payment3pStack

STAGES = ("dev", "staging", "production")
# As `cdk init` sets them, as far as this stack notices.
FLAGS = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:version-reporting": False,
}


def build(folder: Path | None = None) -> App:
    """The app with a stack per stage. It synthesizes only what passes AWS's own rules (cdk-nag).

    folder: for the templates; the CDK's command line names one in its environment.
    """
    app = App(outdir=str(folder) if folder else None, context=FLAGS, analytics_reporting=False)
    for stage in STAGES:
        # The templates bring all that they need, so no bucket has to be made ready for them.
        Payment3pStack(app, stage, synthesizer=BootstraplessSynthesizer())
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build(Path(sys.argv[1]) if sys.argv[1:] else None).synth()
