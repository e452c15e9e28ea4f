"""The one stack of the app: bus -> queue -> worker -> shop, with what watches over it."""

from pathlib import Path
from typing import Any

from aws_cdk import Acknowledgment, ArnFormat, CfnParameter, Duration, RemovalPolicy, Stack, Tags, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

WORKER = Path(__file__).parent.parent / "worker" / "handler.py"
PRODUCTION = "production"
# Stripe names its source after the destination that somebody set up there: aws.partner/stripe.com/ed_...
PARTNER = "aws.partner/stripe.com/"
# What we put on the bus ourselves to try all this. The real shop believes nobody but the provider.
REHEARSAL = "rehearsal.payment3p"

WORKER_TIMEOUT = Duration.seconds(60)
# AWS's advice: so long that no message comes again while a slow batch with it is still being worked on.
VISIBILITY = Duration.seconds(6 * 60)
# Five messages at eight seconds each fit into the worker's minute.
BATCH = 5
# The shop is asked by so many at once, however many events there are.
AT_ONCE = 2
RECEIVES = 5


class Payment3pStack(Stack):
    """All of it for one stage: "dev", "staging" or "production"."""

    def __init__(self, scope: Construct, stage: str, **options: Any) -> None:
        self.stage, self.thing = stage, f"aspireclothes-{stage}-payment3p"
        super().__init__(scope, self.thing, stack_name=self.thing, description="Payment events for the shop", **options)
        Tags.of(self).add("project", "aspireclothes")
        Tags.of(self).add("stage", stage)
        self.dead = self._queue("Dead", f"{self.thing}-dead", retention_period=Duration.days(14))
        self.queue = self._queue(
            "Queue",
            self.thing,
            visibility_timeout=VISIBILITY,
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=RECEIVES, queue=self.dead),
        )
        self.table = self._table()
        self.worker = self._worker()
        self._rule()
        self._alarms()
        self._outputs()

    def _queue(self, name: str, queue_name: str, **options: Any) -> sqs.Queue:
        return sqs.Queue(
            self, name, queue_name=queue_name, encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True, **options
        )

    def _told(self, name: str, setting: str) -> str:
        """What another stack wrote down among the shop's settings, read when this one is deployed."""
        parameter = CfnParameter(
            self, name, type="AWS::SSM::Parameter::Value<String>", default=f"/aspireclothes/{self.stage}/{setting}"
        )
        return parameter.value_as_string

    def _table(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Table",
            table_name=self.thing,
            partition_key=dynamodb.Attribute(name="event", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _role(self) -> iam.Role:
        """What the worker may do: keep rows, read the shop's secret, tell X-Ray. Queue and log add themselves."""
        role = iam.Role(self, "WorkerRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.table.grant(role, "dynamodb:PutItem", "dynamodb:UpdateItem")
        secret = self.format_arn(
            service="secretsmanager",
            resource="secret",
            # Secrets Manager adds a hyphen and six characters to the name.
            resource_name=f"aspireclothes/{self.stage}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        role.add_to_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret]))
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="X-Ray's two calls know no resource: they are allowed on all of it or not at all.",
            )
        )
        return role

    def _worker(self) -> functions.Function:
        role = self._role()
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{self.thing}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        log_group.grant_write(role)
        worker = functions.Function(
            self,
            "Worker",
            function_name=self.thing,
            description="Hands the payment provider's events to the shop",
            runtime=functions.Runtime.PYTHON_3_14,
            architecture=functions.Architecture.ARM_64,
            # One short file inside the template: nothing to upload, and what was reviewed is what runs.
            code=functions.InlineCode(WORKER.read_text()),
            handler="index.handler",
            role=role,
            memory_size=256,
            timeout=WORKER_TIMEOUT,
            tracing=functions.Tracing.ACTIVE,
            log_group=log_group,
            logging_format=functions.LoggingFormat.JSON,
            application_log_level_v2=functions.ApplicationLogLevel.INFO,
            environment={
                "TABLE": self.table.table_name,
                "SECRET": f"aspireclothes/{self.stage}",
                "WEBHOOK_URL": self._told("SiteUrl", "SITE_URL") + "/webhooks/stripe/",
            },
        )
        worker.add_event_source(
            sources.SqsEventSource(
                self.queue, batch_size=BATCH, max_concurrency=AT_ONCE, report_batch_item_failures=True
            )
        )
        return worker

    def _rule(self) -> events.Rule:
        """Stripe's events come over the bus that its source was associated with; rehearsals over the shop's own."""
        bus = CfnParameter(
            self,
            "BusName",
            default=f"aspireclothes-{self.stage}",
            description="The partner's bus, named as its source is (aws.partner/stripe.com/ed_...), or the shop's",
        )
        named = events.EventBus.from_event_bus_name(self, "Bus", bus.value_as_string)
        partner = events.Match.prefix(PARTNER)
        return events.Rule(
            self,
            "Rule",
            rule_name=self.thing,
            description="The payment provider's events",
            event_bus=named,
            event_pattern=events.EventPattern(
                source=partner if self.stage == PRODUCTION else events.Match.any_of(partner, REHEARSAL)
            ),
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=self.dead)],
        )

    def _alarms(self) -> None:
        staff = sns.Topic.from_topic_arn(self, "Staff", self._told("StaffTopic", "STAFF_TOPIC_ARN"))
        minute = Duration.minutes(1)
        dead = self.dead.metric_approximate_number_of_messages_visible(period=minute, statistic="Maximum")
        old = self.queue.metric_approximate_age_of_oldest_message(period=minute, statistic="Maximum")
        for name, metric, threshold, words in (
            ("DeadAlarm", dead, 1, "A payment event could not be handed to the shop"),
            ("OldAlarm", old, 15 * 60, "The shop has not taken a payment event for a quarter of an hour"),
        ):
            alarm = metric.create_alarm(
                self,
                name,
                alarm_name=f"{self.thing}-{name.removesuffix('Alarm').lower()}",
                alarm_description=f"{words}. See docs/operations.md",
                threshold=threshold,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(staff))

    def _outputs(self) -> None:
        """For people and their tools. Apart: what stands below /aspireclothes/ goes into the shop's environment."""
        for name, value in (
            ("QUEUE_URL", self.queue.queue_url),
            ("DEAD_QUEUE_URL", self.dead.queue_url),
            ("TABLE", self.table.table_name),
            ("FUNCTION", self.worker.function_name),
        ):
            ssm.StringParameter(
                self,
                f"Parameter{name}",
                parameter_name=f"/aspireclothes-payment3p/{self.stage}/{name}",
                string_value=value,
            )
