{
  "document": {
    "QueryLanguage": "JSONata",
    "StartAt": "begin run",
    "States": {
      "begin run": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${BeginFunction}",
          "Payload": "{% {'input': $states.input, 'execution': $states.context.Execution.{'arn': Id, 'name': Name, 'startedAt': StartTime, 'redrive': RedriveCount}} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": {
          "run": "{% $states.context.Execution.Name %}",
          "path": "",
          "visit": 0,
          "from": ""
        },
        "Next": "start"
      },
      "start": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${startFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'start/' & path & '/' & visit} %}",
        "Next": "start: branches"
      },
      "start: branches": {
        "Type": "Parallel",
        "Arguments": "{% $states.input.{'run': run, 'path': (visit > 0 ? path & '~' & visit : path), 'visit': 0, 'from': from} %}",
        "Branches": [
          {
            "StartAt": "a",
            "States": {
              "a": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${aFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'a/' & path & '/' & visit} %}",
                "Next": "a: branches"
              },
              "a: branches": {
                "Type": "Parallel",
                "Arguments": "{% $states.input.{'run': run, 'path': (visit > 0 or $contains($split(path, '.')[-1], '~') ? path & '~' & visit : path), 'visit': 0, 'from': from} %}",
                "Branches": [
                  {
                    "StartAt": "c",
                    "States": {
                      "c": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {
                          "FunctionName": "${cFunction}",
                          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                        },
                        "Retry": [
                          {
                            "ErrorEquals": [
                              "Lambda.TooManyRequestsException",
                              "Lambda.ServiceException",
                              "Lambda.AWSLambdaException",
                              "Lambda.SdkClientException"
                            ],
                            "IntervalSeconds": 2,
                            "MaxAttempts": 20,
                            "BackoffRate": 2,
                            "MaxDelaySeconds": 60,
                            "JitterStrategy": "FULL"
                          }
                        ],
                        "Output": 0,
                        "End": true
                      }
                    }
                  },
                  {
                    "StartAt": "d",
                    "States": {
                      "d": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {
                          "FunctionName": "${dFunction}",
                          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                        },
                        "Retry": [
                          {
                            "ErrorEquals": [
                              "Lambda.TooManyRequestsException",
                              "Lambda.ServiceException",
                              "Lambda.AWSLambdaException",
                              "Lambda.SdkClientException"
                            ],
                            "IntervalSeconds": 2,
                            "MaxAttempts": 20,
                            "BackoffRate": 2,
                            "MaxDelaySeconds": 60,
                            "JitterStrategy": "FULL"
                          }
                        ],
                        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'd/' & path & '/' & visit, 'choice': $states.result.Payload.choice} %}",
                        "Next": "d: next"
                      },
                      "d: next": {
                        "Type": "Choice",
                        "Choices": [
                          {
                            "Condition": "{% $states.input.choice = 0 %}",
                            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
                            "Next": "d"
                          },
                          {
                            "Condition": "{% $states.input.choice = 1 %}",
                            "Next": "d: done"
                          }
                        ]
                      },
                      "d: done": {
                        "Type": "Succeed",
                        "Output": 0
                      }
                    }
                  }
                ],
                "Output": "{% $states.input %}",
                "Next": "inner"
              },
              "inner": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${innerFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'inner/' & path & '/' & visit, 'choice': $states.result.Payload.choice} %}",
                "Next": "inner: next"
              },
              "inner: next": {
                "Type": "Choice",
                "Choices": [
                  {
                    "Condition": "{% $states.input.choice = 0 %}",
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
                    "Next": "a"
                  },
                  {
                    "Condition": "{% $states.input.choice = 1 %}",
                    "Next": "a: done"
                  }
                ]
              },
              "a: done": {
                "Type": "Succeed",
                "Output": 0
              }
            }
          },
          {
            "StartAt": "b",
            "States": {
              "b": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${bFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": 0,
                "End": true
              }
            }
          }
        ],
        "Output": "{% $states.input %}",
        "Next": "join"
      },
      "join": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${joinFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'join/' & path & '/' & visit, 'choice': $states.result.Payload.choice} %}",
        "Next": "join: next"
      },
      "join: next": {
        "Type": "Choice",
        "Choices": [
          {
            "Condition": "{% $states.input.choice = 0 %}",
            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
            "Next": "start"
          },
          {
            "Condition": "{% $states.input.choice = 1 %}",
            "Next": "end"
          }
        ]
      },
      "end": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${endFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": {
          "run": "{% $states.input.run %}"
        },
        "End": true
      }
    }
  },
  "substitutions": [
    {
      "name": "BeginFunction",
      "kind": "begin"
    },
    {
      "name": "cFunction",
      "kind": "function",
      "step": "c"
    },
    {
      "name": "dFunction",
      "kind": "function",
      "step": "d"
    },
    {
      "name": "aFunction",
      "kind": "function",
      "step": "a"
    },
    {
      "name": "innerFunction",
      "kind": "function",
      "step": "inner"
    },
    {
      "name": "bFunction",
      "kind": "function",
      "step": "b"
    },
    {
      "name": "startFunction",
      "kind": "function",
      "step": "start"
    },
    {
      "name": "joinFunction",
      "kind": "function",
      "step": "join"
    },
    {
      "name": "endFunction",
      "kind": "function",
      "step": "end"
    }
  ]
}
