"""Validates a sync as a whole, and what it names: fields, lists, tags, vars, frequency cap.

What cannot be would be read as nobody, be dropped by the service, or be written again every run.
"""

from collections.abc import Iterator

from desktop.kit.errors import InvalidInput
from desktop.model.email_address import is_reachable_email
from desktop.model.field_catalogue import condition_field_problems, mapping_source_problems
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import SourceType
from desktop.model.field_value import parse_number
from desktop.model.lifecycle_stage import CapPeriod, validate_stages
from desktop.model.mapping_validation import RESERVED_FIELDS, naming_problems, validate_mapping
from desktop.model.optout_level import OptOutLevel
from desktop.model.rule_trigger import MAX_RULE_PAUSE_DAYS, RuleTrigger
from desktop.model.sailthru_naming_rules import validate_list_name, validate_var_name
from desktop.model.sell_product import url_pattern_problem
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_schedule import parse_schedule_rule
from desktop.model.value_conversion import zendesk_tag_from
from desktop.model.zendesk_naming_rules import ZENDESK_FIELD_KEY

_DAY_OPERATORS = (ConditionOperator.WITHIN_DAYS, ConditionOperator.BEFORE_DAYS)
_SETTABLE_LEVELS = frozenset(level.value for level in OptOutLevel if level is not OptOutLevel.BLAST)
_COMPARISON_OPERATORS = (*_DAY_OPERATORS, ConditionOperator.AT_LEAST, ConditionOperator.AT_MOST)


def validate_sync_names(sync: Sync) -> tuple[str, ...]:
    """Validate the names of a sync's lists, tags, vars and fields, a sentence each."""
    found = [*_condition_problems(sync), *_direction_problems(sync)]
    found += [*_list_problems(sync), *_tag_problems(sync), *_field_problems(sync)]
    found += _optout_level_problems(sync)
    found += [*_rule_problems(sync), *_sell_optout_problems(sync)]
    if sync.is_of_products and (problem := url_pattern_problem(sync.source.products.url)):
        found.append(problem)
    if sync.pressure is not None and sync.pressure.most < 1:
        found.append("“At most” is once at least: else it reaches nobody.")
    return tuple(dict.fromkeys(found))


def _condition_problems(sync: Sync) -> Iterator[str]:
    for condition in sync.source.where:
        if not condition.field:
            yield "Choose a field for each condition of the source."
    for purpose in sync.purposes:
        if not purpose.evidence.field:
            wanted = f" for “{purpose.name[:80]}”" if purpose.name else ""
            yield f"Choose the field that shows consent{wanted}."
    stages = [condition for stage in sync.stages for condition in stage.where]
    evidence = [purpose.evidence for purpose in sync.purposes]
    for condition in (*sync.source.where, *stages, *evidence):
        yield from _condition_value_problems(condition)


def _condition_value_problems(condition: FieldCondition) -> Iterator[str]:
    if condition.test in _DAY_OPERATORS and parse_number(condition.value) is None:
        yield f"The condition on {condition.field[:80]} does not say how many days."
    elif condition.test in _COMPARISON_OPERATORS and condition.value in (None, ""):
        yield f"The condition on {condition.field[:80]} has no value."


def _direction_problems(sync: Sync) -> Iterator[str]:
    """Yield which effects of a sync exist in the other direction alone, and would be ignored."""
    effects = sync.effects
    source, target = sync.source.kind.service, sync.target_service
    writes_sailthru = target is Service.SAILTHRU
    if sync.source.lists and source is not Service.SAILTHRU:
        yield f"It reads {source.title}, which has no lists."
    if effects.add_to_lists and not writes_sailthru:
        yield f"It writes to {target.title}, which has no lists: give a tag."
    if effects.add_tags and writes_sailthru:
        yield "It writes to Sailthru, which has no tags: add to a list."
    if effects.deleted_var and not writes_sailthru:
        yield f"A deleted person is marked in Sailthru, and it writes to {target.title}."
    if effects.list_name_field and target is not Service.ZENDESK:
        yield f"A list's name goes into a Zendesk field, and it reads {source.title}."
    if sync.source.segment and source is not Service.ZENDESK:
        yield f"It reads {source.title}: only people of Zendesk are in a segment."
    is_between = source is not target and Service.SAILTHRU in sync.services
    # A rule may give tags to the very users it is about.
    if not (is_between or sync.is_rule):
        yield f"It reads {source.title} and writes to {target.title}: one of them is Sailthru."


def _sell_optout_problems(sync: Sync) -> Iterator[str]:
    """Yield what a sync of Sell's opt-outs does not say, or says of a level that is none."""
    rule = sync.source.optout
    if (rule.out_values or rule.in_values) and not rule.field.strip():
        yield "Say which custom field of Zendesk Sell has these values."
    if rule.level not in (OptOutLevel.BASIC, OptOutLevel.ALL):
        yield "Opted out means basic or all."


def _rule_problems(sync: Sync) -> Iterator[str]:
    """Yield what a rule does not say yet, and what only a rule can say."""
    source, effects, cap = sync.source, sync.effects, sync.pressure
    if not sync.is_rule:
        if effects.remove_from_lists or effects.pause_days:
            yield "Only a rule takes people off lists, or pauses their marketing."
        return
    if source.trigger is RuleTrigger.PHRASE and not source.phrase.strip():
        yield "Say the phrase that a ticket has to hold."
    if source.trigger is RuleTrigger.ENTERED_SEGMENT and not source.segment.strip():
        yield "Say which segment people come into."
    if cap is None or cap.window is not CapPeriod.DAY:
        yield "A rule acts on a person so many times a day at most: set its contact limit so."
    both = sorted({*effects.add_to_lists} & {*effects.remove_from_lists})
    if both:
        yield f"It adds people to “{both[0][:80]}” and takes them off it: choose one."
    if not 0 <= effects.pause_days <= MAX_RULE_PAUSE_DAYS:
        yield f"A pause lasts 1 to {MAX_RULE_PAUSE_DAYS} days."
    if effects.add_tags and (effects.remove_from_lists or effects.pause_days):
        yield "A rule that gives tags writes to Zendesk alone: make another for Sailthru."


def _list_problems(sync: Sync) -> Iterator[str]:
    for name in (*sync.effects.add_to_lists, *sync.effects.remove_from_lists):
        yield from naming_problems(validate_list_name, name)


def _tag_problems(sync: Sync) -> Iterator[str]:
    for tag in sync.effects.add_tags:
        if not tag or zendesk_tag_from(tag) != tag:
            yield (
                f"“{tag[:80]}” cannot be a tag in Zendesk: small letters, digits and _ - / : alone."
            )


def _field_problems(sync: Sync) -> Iterator[str]:
    var, key = sync.effects.deleted_var, sync.effects.list_name_field
    if var in RESERVED_FIELDS:
        yield f"{var} says who somebody is; a sync does not write it."
    elif var:
        yield from naming_problems(validate_var_name, var)
    if key and not ZENDESK_FIELD_KEY.fullmatch(key):
        yield f"“{key[:80]}” cannot be the key of a Zendesk field."


def _optout_level_problems(sync: Sync) -> Iterator[str]:
    """Yield which of a sync's constants for `optout` are no opt-out level."""
    for row in sync.mapping:
        constant = row.on and row.type is SourceType.TEXT and row.target == "optout"
        if constant and row.source not in _SETTABLE_LEVELS:
            yield f"“{row.source[:80]}” cannot be set: levels are none, basic and all."


def validate_sync(sync: Sync) -> tuple[str, ...]:
    """Validate a sync for saving: a sentence for each problem, unknown fields included."""
    problems = [*mapping_source_problems(sync), *condition_field_problems(sync)]
    return tuple(dict.fromkeys((*validate_sync_form(sync), *problems)))


def validate_sync_form(sync: Sync) -> tuple[str, ...]:
    """Validate a sync as a form: a sentence for each problem apart from unknown fields."""
    found = list(validate_mapping(sync.mapping, sync.target_type))
    if not sync.identity:
        found.append("Choose how people are matched.")
    if sync.opt_in.email and not sync.opt_in.is_attested:
        found.append("Confirm that these people have given their consent first.")
    writes = any(row.on for row in sync.mapping)
    effects = sync.effects
    acts = effects.remove_from_lists or effects.pause_days
    if not (writes or effects.add_to_lists or effects.add_tags or effects.deleted_var or acts):
        found.append("It would write nothing: add a row, a list or a tag.")
    found += validate_sync_names(sync)
    found += validate_stages(sync.stages, sync.source.stage)
    limits = sync.limits
    if limits.people < 0 or not 0 <= limits.percent <= 100:
        found.append("A limit is a number of people, and 0 to 100 per cent.")
    if sync.source.within_days is not None and sync.source.within_days < 1:
        found.append("“Within days” is one day at least.")
    if sync.schedule:
        try:
            parse_schedule_rule(sync.schedule)
        except InvalidInput as error:
            found.append(error.title)
    text = "“{address}” is no e-mail address."
    found += [
        text.format(address=address[:80])
        for address in sync.notify.email
        if not is_reachable_email(address)
    ]
    return tuple(found)
